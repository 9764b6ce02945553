// SPDX-License-Identifier: MIT
pragma solidity 0.8.34;

import { IERC20 } from "@openzeppelin/contracts/token/ERC20/IERC20.sol";
import { SafeERC20 } from "@openzeppelin/contracts/token/ERC20/utils/SafeERC20.sol";

/// @notice The routers and pools that {RouteModel} calls, written out here and not taken from contracts/venues.
interface IRouters {
    struct SolidlyRoute {
        address from;
        address to;
        bool stable;
    }

    struct AlgebraParams {
        address tokenIn;
        address tokenOut;
        address recipient;
        uint256 deadline;
        uint256 amountIn;
        uint256 amountOutMinimum;
        uint160 limitSqrtPrice;
    }

    struct SingleSwap {
        bytes32 poolId;
        uint8 kind;
        address assetIn;
        address assetOut;
        uint256 amount;
        bytes userData;
    }

    struct FundManagement {
        address sender;
        bool fromInternalBalance;
        address payable recipient;
        bool toInternalBalance;
    }

    function swapExactTokensForTokens(
        uint256 amountIn,
        uint256 amountOutMin,
        SolidlyRoute[] calldata routes,
        address to,
        uint256 deadline
    ) external;

    function swapExactTokensForTokens(
        uint256 amountIn,
        uint256 amountOutMin,
        address[] calldata path,
        address to,
        uint256 deadline
    ) external;

    function swapExactTokensForTokensSupportingFeeOnTransferTokens(
        uint256 amountIn,
        uint256 amountOutMin,
        address[] calldata path,
        address to,
        address referrer,
        uint256 deadline
    ) external;

    function exactInputSingle(AlgebraParams calldata params) external payable returns (uint256);

    function swap(address from, address to, uint256 amount, uint256 min, address payable to_, address rebate) external;

    function swap(
        SingleSwap calldata singleSwap,
        FundManagement calldata funds,
        uint256 limit,
        uint256 deadline
    ) external payable returns (uint256);

    function swap(address recipient, bool zeroForOne, int256 amount, uint160 limit, bytes calldata data) external;

    function mixSwap(
        address fromToken,
        address toToken,
        uint256 fromTokenAmount,
        uint256 minReturnAmount,
        address[] calldata mixAdapters,
        address[] calldata mixPairs,
        address[] calldata assetTo,
        uint256 directions,
        bytes[] calldata moreInfos,
        bytes calldata feeData,
        uint256 deadLine
    ) external payable returns (uint256);
}

/// @title RouteModel
/// @notice Trades a route as a person would: one swap after the other, with its own money, through the routers, each with
/// all that it holds of the swap's input or a part of it. What it has at the end is what `execute` has to come to.
contract RouteModel {
    using SafeERC20 for IERC20;

    /// @dev Numbered as the hops' venues.
    enum Kind {
        Solidly,
        Algebra,
        WooFi,
        Dodo,
        Balancer,
        UniswapV2,
        UniswapV3
    }

    struct Step {
        Kind kind;
        address target;
        /// @dev Who pulls the input.
        address spender;
        address tokenIn;
        address tokenOut;
        /// @dev Zero for all that is there.
        uint256 amountIn;
        bytes data;
    }

    error StepFailed(uint256 index, bytes reason);
    error OnlySelf();

    uint160 private constant LOWEST_PRICE = 4295128740;
    uint160 private constant HIGHEST_PRICE = 1461446703485210103287273052203988822378723970341;

    address private _owed;

    /// @notice Runs all steps and returns what there is of `token` at the end.
    function run(address token, Step[] calldata steps) external returns (uint256) {
        for (uint256 i = 0; i < steps.length; ++i) {
            try this.swap(steps[i]) {} catch (bytes memory reason) {
                revert StepFailed(i, reason);
            }
        }
        return IERC20(token).balanceOf(address(this));
    }

    function swap(Step calldata step) external {
        if (msg.sender != address(this)) revert OnlySelf();
        uint256 amount = step.amountIn == 0 ? IERC20(step.tokenIn).balanceOf(address(this)) : step.amountIn;
        IERC20(step.tokenIn).forceApprove(step.spender, amount);
        IRouters router = IRouters(step.target);
        if (step.kind == Kind.Solidly) _solidly(router, step, amount);
        else if (step.kind == Kind.Algebra) _algebra(router, step, amount);
        else if (step.kind == Kind.WooFi) {
            router.swap(step.tokenIn, step.tokenOut, amount, 0, payable(address(this)), address(0));
        } else if (step.kind == Kind.Dodo) _dodo(router, step, amount);
        else if (step.kind == Kind.Balancer) _balancer(router, step, amount);
        else if (step.kind == Kind.UniswapV2) {
            router.swapExactTokensForTokens(amount, 0, _path(step), address(this), block.timestamp);
        } else _uniswapV3(router, step, amount);
    }

    function _solidly(IRouters router, Step calldata step, uint256 amount) private {
        if (step.data.length == 0) {
            router.swapExactTokensForTokensSupportingFeeOnTransferTokens(
                amount,
                0,
                _path(step),
                address(this),
                address(0),
                block.timestamp
            );
            return;
        }
        IRouters.SolidlyRoute[] memory routes = new IRouters.SolidlyRoute[](1);
        routes[0] = IRouters.SolidlyRoute(step.tokenIn, step.tokenOut, abi.decode(step.data, (bool)));
        router.swapExactTokensForTokens(amount, 0, routes, address(this), block.timestamp);
    }

    function _algebra(IRouters router, Step calldata step, uint256 amount) private {
        router.exactInputSingle(
            IRouters.AlgebraParams(step.tokenIn, step.tokenOut, address(this), block.timestamp, amount, 0, 0)
        );
    }

    function _dodo(IRouters router, Step calldata step, uint256 amount) private {
        (
            address[] memory adapters,
            address[] memory pairs,
            address[] memory assetTo,
            uint256 directions,
            bytes[] memory moreInfos,
            bytes memory feeData
        ) = abi.decode(step.data[4:], (address[], address[], address[], uint256, bytes[], bytes));
        router.mixSwap(
            step.tokenIn,
            step.tokenOut,
            amount,
            1,
            adapters,
            pairs,
            assetTo,
            directions,
            moreInfos,
            feeData,
            block.timestamp
        );
    }

    function _balancer(IRouters router, Step calldata step, uint256 amount) private {
        router.swap(
            IRouters.SingleSwap(bytes32(step.data), 0, step.tokenIn, step.tokenOut, amount, ""),
            IRouters.FundManagement(address(this), false, payable(address(this)), false),
            0,
            block.timestamp
        );
    }

    function _uniswapV3(IRouters pool, Step calldata step, uint256 amount) private {
        bool zeroForOne = step.tokenIn < step.tokenOut;
        _owed = step.tokenIn;
        pool.swap(address(this), zeroForOne, int256(amount), zeroForOne ? LOWEST_PRICE : HIGHEST_PRICE, "");
        _owed = address(0);
    }

    function _path(Step calldata step) private pure returns (address[] memory path) {
        path = new address[](2);
        (path[0], path[1]) = (step.tokenIn, step.tokenOut);
    }

    /// @dev Pays under whatever name a fork of Uniswap V3 calls back.
    fallback() external {
        (int256 amount0, int256 amount1, ) = abi.decode(msg.data[4:], (int256, int256, bytes));
        IERC20(_owed).safeTransfer(msg.sender, uint256(amount0 > 0 ? amount0 : amount1));
    }
}
