// SPDX-License-Identifier: MIT
pragma solidity 0.8.34;

import { IERC20 } from "@openzeppelin/contracts/token/ERC20/IERC20.sol";
import { CamelotFactory } from "./CamelotFactory.sol";
import { CamelotPair } from "./CamelotPair.sol";
import { DsMath } from "./DsMath.sol";

/// @title CamelotRouter
/// @notice Twin of the router of Camelot V2.
/// @dev Reproduces: its only swap between tokens, which returns nothing, quotes what has arrived in each pair and checks the
/// minimum on what has arrived at the receiver; quotes; adding and removing liquidity; the derivation of pairs without a
/// look-up; the order of the checks and the strings.
/// Leaves out: native ETH, `permit`. The init code of a pair, and so its address, is not the one on Arbitrum.
contract CamelotRouter {
    using DsMath for uint256;

    address public immutable factory;
    // The original's name.
    // solhint-disable-next-line immutable-vars-naming, var-name-mixedcase
    address public immutable WETH;
    bytes32 private immutable _pairCodeHash;

    modifier ensure(uint256 deadline) {
        require(deadline >= block.timestamp, "CamelotRouter: EXPIRED");
        _;
    }

    constructor(address factory_, address weth) {
        factory = factory_;
        WETH = weth;
        _pairCodeHash = keccak256(type(CamelotPair).creationCode);
    }

    /* SWAP */

    function swapExactTokensForTokensSupportingFeeOnTransferTokens(
        uint256 amountIn,
        uint256 amountOutMin,
        address[] calldata path,
        address to,
        address referrer,
        uint256 deadline
    ) external ensure(deadline) {
        _pull(path[0], _pairFor(path[0], path[1]), amountIn);
        address tokenOut = path[path.length - 1];
        uint256 before = IERC20(tokenOut).balanceOf(to);
        for (uint256 i = 0; i < path.length - 1; i++) {
            address next = i < path.length - 2 ? _pairFor(path[i + 1], path[i + 2]) : to;
            _swap(path[i], path[i + 1], next, referrer);
        }
        require(
            IERC20(tokenOut).balanceOf(to).sub(before) >= amountOutMin,
            "CamelotRouter: INSUFFICIENT_OUTPUT_AMOUNT"
        );
    }

    /// @dev Swaps whatever has arrived in the pair.
    function _swap(address input, address output, address to, address referrer) private {
        (address token0, ) = _sort(input, output);
        CamelotPair pair = CamelotPair(_pairFor(input, output));
        (uint112 reserve0, uint112 reserve1, , ) = pair.getReserves();
        uint256 arrived = IERC20(input).balanceOf(address(pair)).sub(input == token0 ? reserve0 : reserve1);
        uint256 amountOut = pair.getAmountOut(arrived, input);
        (uint256 amount0Out, uint256 amount1Out) = input == token0 ? (uint256(0), amountOut) : (amountOut, uint256(0));
        pair.swap(amount0Out, amount1Out, to, new bytes(0), referrer);
    }

    /* LIQUIDITY */

    function addLiquidity(
        address tokenA,
        address tokenB,
        uint256 amountADesired,
        uint256 amountBDesired,
        uint256 amountAMin,
        uint256 amountBMin,
        address to,
        uint256 deadline
    ) external ensure(deadline) returns (uint256 amountA, uint256 amountB, uint256 liquidity) {
        if (CamelotFactory(factory).getPair(tokenA, tokenB) == address(0)) {
            CamelotFactory(factory).createPair(tokenA, tokenB);
        }
        (amountA, amountB) = _atRatio(tokenA, tokenB, amountADesired, amountBDesired, amountAMin, amountBMin);
        address pair = _pairFor(tokenA, tokenB);
        _pull(tokenA, pair, amountA);
        _pull(tokenB, pair, amountB);
        liquidity = CamelotPair(pair).mint(to);
    }

    /// @dev The most of both amounts that keeps the ratio of the reserves.
    function _atRatio(
        address tokenA,
        address tokenB,
        uint256 amountADesired,
        uint256 amountBDesired,
        uint256 amountAMin,
        uint256 amountBMin
    ) private view returns (uint256 amountA, uint256 amountB) {
        (uint256 reserve0, uint256 reserve1, , ) = CamelotPair(_pairFor(tokenA, tokenB)).getReserves();
        (address token0, ) = _sort(tokenA, tokenB);
        (uint256 reserveA, uint256 reserveB) = tokenA == token0 ? (reserve0, reserve1) : (reserve1, reserve0);
        if (reserveA == 0 && reserveB == 0) return (amountADesired, amountBDesired);
        uint256 amountBOptimal = quote(amountADesired, reserveA, reserveB);
        if (amountBOptimal <= amountBDesired) {
            require(amountBOptimal >= amountBMin, "CamelotRouter: INSUFFICIENT_B_AMOUNT");
            return (amountADesired, amountBOptimal);
        }
        uint256 amountAOptimal = quote(amountBDesired, reserveB, reserveA);
        // Always holds.
        assert(amountAOptimal <= amountADesired);
        require(amountAOptimal >= amountAMin, "CamelotRouter: INSUFFICIENT_A_AMOUNT");
        return (amountAOptimal, amountBDesired);
    }

    function removeLiquidity(
        address tokenA,
        address tokenB,
        uint256 liquidity,
        uint256 amountAMin,
        uint256 amountBMin,
        address to,
        uint256 deadline
    ) external ensure(deadline) returns (uint256 amountA, uint256 amountB) {
        address pair = _pairFor(tokenA, tokenB);
        CamelotPair(pair).transferFrom(msg.sender, pair, liquidity);
        (uint256 amount0, uint256 amount1) = CamelotPair(pair).burn(to);
        (address token0, ) = _sort(tokenA, tokenB);
        (amountA, amountB) = tokenA == token0 ? (amount0, amount1) : (amount1, amount0);
        require(amountA >= amountAMin, "CamelotRouter: INSUFFICIENT_A_AMOUNT");
        require(amountB >= amountBMin, "CamelotRouter: INSUFFICIENT_B_AMOUNT");
    }

    /* VIEWS */

    function getAmountsOut(uint256 amountIn, address[] calldata path) external view returns (uint256[] memory amounts) {
        require(path.length >= 2, "UniswapV2Library: INVALID_PATH");
        amounts = new uint256[](path.length);
        amounts[0] = amountIn;
        for (uint256 i = 0; i < path.length - 1; i++) {
            amounts[i + 1] = CamelotPair(_pairFor(path[i], path[i + 1])).getAmountOut(amounts[i], path[i]);
        }
    }

    /// @notice Derives the address of a pair, whether it exists or not.
    function getPair(address tokenA, address tokenB) external view returns (address) {
        return _pairFor(tokenA, tokenB);
    }

    function quote(uint256 amountA, uint256 reserveA, uint256 reserveB) public pure returns (uint256) {
        require(amountA > 0, "UniswapV2Library: INSUFFICIENT_AMOUNT");
        require(reserveA > 0 && reserveB > 0, "UniswapV2Library: INSUFFICIENT_LIQUIDITY");
        return amountA.mul(reserveB) / reserveA;
    }

    function _pairFor(address tokenA, address tokenB) private view returns (address) {
        (address token0, address token1) = _sort(tokenA, tokenB);
        bytes32 salt = keccak256(abi.encodePacked(token0, token1));
        bytes32 hash = keccak256(abi.encodePacked(hex"ff", factory, salt, _pairCodeHash));
        return address(uint160(uint256(hash)));
    }

    function _sort(address tokenA, address tokenB) private pure returns (address token0, address token1) {
        require(tokenA != tokenB, "UniswapV2Library: IDENTICAL_ADDRESSES");
        (token0, token1) = tokenA < tokenB ? (tokenA, tokenB) : (tokenB, tokenA);
        require(token0 != address(0), "UniswapV2Library: ZERO_ADDRESS");
    }

    function _pull(address token, address to, uint256 value) private {
        (bool success, bytes memory answer) = token.call(abi.encodeCall(IERC20.transferFrom, (msg.sender, to, value)));
        require(
            success && (answer.length == 0 || abi.decode(answer, (bool))),
            "TransferHelper::transferFrom: transferFrom failed"
        );
    }
}
