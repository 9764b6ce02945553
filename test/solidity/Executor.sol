// SPDX-License-Identifier: MIT
pragma solidity 0.8.34;

import { IERC20 } from "@openzeppelin/contracts/token/ERC20/IERC20.sol";
import { FlashArbitrage } from "../../contracts/FlashArbitrage.sol";
import { Lending } from "../../contracts/base/Lending.sol";
import {
    Hop,
    IFlashArbitrage,
    Lender,
    Loan,
    OperatorLoanCap,
    Protocols,
    Venue
} from "../../contracts/interfaces/IFlashArbitrage.sol";
import { LenderOfEveryPattern } from "../support/contracts/Lenders.sol";
import { Token, WrappedEther } from "../support/contracts/Tokens.sol";
import { ISwapPayer, Puller, VenueAtFixedRate } from "../support/contracts/Venues.sol";
import { vm } from "./Cheatcodes.sol";

/// @title ExecutorTest
/// @notice FlashArbitrage from its own build, between Morpho Blue from its own build, two lenders of the other patterns,
/// one venue that answers all seven call patterns, a pool that does for each two tokens, and four tokens.
abstract contract ExecutorTest {
    /// @dev A random number stream: the same seed draws the same numbers.
    struct Random {
        uint256 state;
    }

    /// @dev What goes in and out of each hop of a route, and what the route delivers.
    struct Flow {
        uint256[] amountsIn;
        uint256[] amountsOut;
        uint256 delivered;
    }

    uint8 internal constant LENDERS = uint8(type(Lender).max) + 1;
    uint8 internal constant VENUES = uint8(type(Venue).max) + 1;
    uint256 internal constant INVENTORY = 1e36;
    uint256 internal constant FEE_BPS = 5;
    address internal constant ETHER = 0xEeeeeEeeeEeEeeEeEeEeeEEEeeeeEeeeeeeeEEeE;

    address internal immutable OWNER = _account("owner");
    address internal immutable TREASURY = _account("treasury");
    address internal immutable GUARDIAN = _account("guardian");
    address internal immutable OPERATOR = _account("operator");
    address internal immutable STRANGER = _account("stranger");

    FlashArbitrage internal flash;
    LenderOfEveryPattern internal aave;
    LenderOfEveryPattern internal balancer;
    address internal morpho;
    /// @dev The pools that lend, and Balancer V3's vault.
    LenderOfEveryPattern internal flasher;
    Puller internal puller;
    VenueAtFixedRate internal venue;
    /// @dev The pools, in both orders of their tokens.
    mapping(address tokenIn => mapping(address tokenOut => VenueAtFixedRate)) internal pools;
    WrappedEther internal weth;
    address[] internal tokens;
    /// @dev Whoever the contract may have approved.
    address[] internal spenders;

    function setUp() public virtual {
        weth = WrappedEther(payable(_deploy("Tokens.sol:WrappedEther", "")));
        puller = Puller(_deploy("Venues.sol:Puller", ""));
        aave = LenderOfEveryPattern(_deploy("Lenders.sol:LenderOfEveryPattern", ""));
        balancer = LenderOfEveryPattern(_deploy("Lenders.sol:LenderOfEveryPattern", ""));
        morpho = _deploy("Morpho.sol:Morpho", abi.encode(OWNER));
        flasher = LenderOfEveryPattern(_deploy("Lenders.sol:LenderOfEveryPattern", ""));
        aave.setFeeBps(FEE_BPS);
        balancer.setFeeBps(FEE_BPS);
        flasher.setFeeBps(FEE_BPS);
        flash = _deployFlash(address(aave), address(balancer), morpho, address(flasher));
        venue = _deployVenue("VenueAtFixedRate");
        _list(address(weth));
        _listNew("Token", "A");
        _listNew("Token", "B");
        _listNew("Token", "C");
    }

    /* CREATION */

    function _deploy(string memory artifact, bytes memory args) internal returns (address created) {
        bytes memory code = bytes.concat(vm.getCode(artifact), args);
        assembly ("memory-safe") {
            created := create(0, add(code, 0x20), mload(code))
        }
        require(created != address(0), string.concat("creates ", artifact));
    }

    function _deployFlash(
        address aaveV3,
        address balancerV2,
        address morphoBlue,
        address balancerV3
    ) internal returns (FlashArbitrage created) {
        address[] memory operators = new address[](1);
        operators[0] = OPERATOR;
        Protocols memory protocols = Protocols(
            aaveV3,
            balancerV2,
            morphoBlue,
            balancerV3,
            address(puller),
            address(weth)
        );
        bytes memory args = abi.encode(OWNER, TREASURY, GUARDIAN, operators, new OperatorLoanCap[](0), protocols);
        created = FlashArbitrage(payable(_deploy("FlashArbitrage.sol:FlashArbitrage", args)));
    }

    function _deployVenue(string memory name) internal returns (VenueAtFixedRate created) {
        created = _createVenue(name, puller);
        puller.allow(address(created));
        for (uint256 i = 0; i < tokens.length; ++i) _fund(tokens[i], address(created), INVENTORY);
        vm.deal(address(created), INVENTORY);
    }

    function _createVenue(string memory name, Puller puller_) internal returns (VenueAtFixedRate created) {
        created = VenueAtFixedRate(payable(_deploy(string.concat("Venues.sol:", name), abi.encode(puller_))));
        spenders.push(address(created));
    }

    /// @dev Creates a lender that serves all patterns of its own executor.
    function _deployLender(string memory name) internal returns (LenderOfEveryPattern created) {
        created = LenderOfEveryPattern(_deploy(string.concat("Lenders.sol:", name), ""));
        spenders.push(address(created));
        flasher = created;
        for (uint256 i = 0; i < tokens.length; ++i) _fund(tokens[i], address(created), INVENTORY);
        flash = _deployFlash(address(created), address(created), address(created), address(created));
        _approveFromOperator();
    }

    function _listNew(string memory name, string memory symbol) internal returns (address token) {
        token = _deploy(string.concat("Tokens.sol:", name), abi.encode(symbol, uint8(18)));
        _list(token);
    }

    /// @dev Gives a token to the venue, the lenders and the operator, and opens its pools.
    function _list(address token) internal {
        for (uint256 i = 0; i < tokens.length; ++i) _openPool(tokens[i], token);
        tokens.push(token);
        _fund(token, address(venue), INVENTORY);
        _fund(token, address(aave), INVENTORY);
        _fund(token, address(balancer), INVENTORY);
        _fund(token, morpho, INVENTORY);
        _fund(token, address(flasher), INVENTORY);
        _fund(token, OPERATOR, INVENTORY);
        _approveFromOperator();
    }

    function _openPool(address a, address b) private {
        VenueAtFixedRate pool = _createVenue("VenueAtFixedRate", Puller(address(0)));
        pool.setCallback(_swapCallbacks()[spenders.length % 4]);
        pool.setFeePpm(500 * (spenders.length % 7));
        pool.setRateE18(a, b, 1e18);
        _fund(a, address(pool), INVENTORY);
        _fund(b, address(pool), INVENTORY);
        pool.setPair(a, b);
        (pools[a][b], pools[b][a]) = (pool, pool);
    }

    function _fund(address token, address account, uint256 amount) internal {
        if (token == address(weth)) {
            vm.deal(address(this), address(this).balance + amount);
            weth.deposit{ value: amount }();
            require(weth.transfer(account, amount), "transfers WETH");
        } else {
            Token(token).mint(account, amount);
        }
    }

    /// @dev Adds ether to an account that would refuse it.
    function _giveEther(address account, uint256 amount) internal {
        vm.deal(account, account.balance + amount);
    }

    function _approveFromOperator() private {
        for (uint256 i = 0; i < tokens.length; ++i) {
            vm.prank(OWNER);
            flash.setOperatorLoanCap(tokens[i], type(uint256).max);
            // A token may refuse to change what is not zero, or to approve nothing.
            if (IERC20(tokens[i]).allowance(OPERATOR, address(flash)) != 0) continue;
            // A call without a type: a token may answer it with nothing.
            vm.prank(OPERATOR);
            (bool approved, ) = tokens[i].call(abi.encodeCall(IERC20.approve, (address(flash), type(uint256).max)));
            require(approved, "approves from the operator's wallet");
        }
    }

    function _account(string memory name) internal pure returns (address) {
        return address(uint160(uint256(keccak256(bytes(name)))));
    }

    /* ROUTES */

    /// @dev Returns a random route over two to five swaps, some of them split into two or three hops, at fixed rates,
    /// that its lender can finance. The shares of a split stay below half of the loan.
    function _route(Random memory random, Loan memory loan) internal view returns (Hop[] memory hops) {
        uint256 swaps = 2 + _draw(random, 4);
        hops = new Hop[](3 * swaps);
        uint256 length = 0;
        address tokenIn = loan.token;
        for (uint256 i = 0; i < swaps; ++i) {
            address tokenOut = loan.token;
            if (i < swaps - 1) {
                // The last swap closes the route, so the one before it may not.
                do tokenOut = tokens[_draw(random, tokens.length)]; while (
                    tokenOut == tokenIn || (i == swaps - 2 && tokenOut == loan.token)
                );
            }
            uint256 shares = _draw(random, 3) == 0 ? 1 + _draw(random, 2) : 0;
            for (uint256 j = 0; j <= shares; ++j) {
                Hop memory hop = _drawHop(random, loan, tokenIn, tokenOut);
                if (j < shares) hop.amountIn = 1 + _draw(random, loan.amount / 4);
                hops[length++] = hop;
            }
            tokenIn = tokenOut;
        }
        assembly ("memory-safe") {
            mstore(hops, length)
        }
    }

    /// @dev Returns a hop through a router, or a pool of Uniswap V3.
    function _drawHop(
        Random memory random,
        Loan memory loan,
        address tokenIn,
        address tokenOut
    ) internal view virtual returns (Hop memory) {
        return _hop(random, _drawVenue(random, loan), tokenIn, tokenOut);
    }

    /// @dev Returns a venue that the lock of the loan's lender does not cover.
    function _drawVenue(Random memory random, Loan memory loan) internal pure returns (Venue pattern) {
        do pattern = Venue(_draw(random, VENUES)); while (
            loan.lender == uint8(Lender.BalancerV2) && pattern == Venue.Balancer
        );
    }

    function _hop(
        Random memory random,
        Venue pattern,
        address tokenIn,
        address tokenOut
    ) internal view returns (Hop memory) {
        bytes memory data;
        address target = address(venue);
        if (pattern == Venue.Solidly) {
            uint256 generation = _draw(random, 3);
            if (generation == 0) data = abi.encode(_draw(random, 2) == 0);
            else if (generation == 1) data = abi.encode(_draw(random, 2) == 0, address(venue));
        } else if (pattern == Venue.WooFi) {
            bool nativeIn = tokenIn == address(weth) && _draw(random, 2) == 0;
            bool nativeOut = tokenOut == address(weth) && _draw(random, 2) == 0;
            data = abi.encode(nativeIn, nativeOut);
        } else if (pattern == Venue.Dodo) {
            address[] memory none = new address[](0);
            data =
                _draw(random, 2) == 0
                    ? bytes.concat(
                        VenueAtFixedRate.mixSwap.selector,
                        abi.encode(none, none, none, uint256(0), new bytes[](0), bytes(""))
                    )
                    : bytes.concat(
                        VenueAtFixedRate.externalSwap.selector,
                        abi.encode(address(0), address(0), bytes(""), bytes(""))
                    );
        } else if (pattern == Venue.Balancer) {
            data = abi.encode(_draw(random, type(uint256).max));
        } else if (pattern == Venue.UniswapV3) {
            target = address(pools[tokenIn][tokenOut]);
        }
        return Hop(uint8(pattern), target, tokenOut, 0, data);
    }

    /// @dev Returns what hop `index` spends: what the last hop before it that is no share delivered.
    function _tokenIn(Loan memory loan, Hop[] memory hops, uint256 index) internal pure returns (address token) {
        token = loan.token;
        for (uint256 i = 0; i < index; ++i) if (hops[i].amountIn == 0) token = hops[i].tokenOut;
    }

    /// @dev Returns what a route does by the targets' rates and the pairs' reserves.
    function _flow(Loan memory loan, Hop[] memory hops) internal view returns (Flow memory flow) {
        flow.amountsIn = new uint256[](hops.length);
        flow.amountsOut = new uint256[](hops.length);
        uint256 held = loan.amount;
        for (uint256 i = 0; i < hops.length; ++i) {
            VenueAtFixedRate target = VenueAtFixedRate(payable(hops[i].target));
            flow.amountsIn[i] = hops[i].amountIn == 0 ? held : hops[i].amountIn;
            held -= flow.amountsIn[i];
            address tokenIn = _tokenIn(loan, hops, i);
            flow.amountsOut[i] =
                _isPair(hops[i])
                    ? _pairPays(flow, hops, i, tokenIn)
                    : target.quote(tokenIn, hops[i].tokenOut, flow.amountsIn[i]);
            flow.delivered += flow.amountsOut[i];
            if (hops[i].amountIn == 0 && i < hops.length - 1) (held, flow.delivered) = (flow.delivered, 0);
        }
    }

    /// @dev Returns what a pair pays by the curve of Uniswap V2, after what the hops before have moved of its reserves.
    function _pairPays(
        Flow memory flow,
        Hop[] memory hops,
        uint256 index,
        address tokenIn
    ) private view returns (uint256) {
        (uint256 reserveIn, uint256 reserveOut) = _reserves(hops[index].target, tokenIn);
        for (uint256 i = 0; i < index; ++i) {
            if (hops[i].target != hops[index].target || !_isPair(hops[i])) continue;
            if (hops[i].tokenOut == tokenIn) {
                (reserveIn, reserveOut) = (reserveIn - flow.amountsOut[i], reserveOut + flow.amountsIn[i]);
            } else {
                (reserveIn, reserveOut) = (reserveIn + flow.amountsIn[i], reserveOut - flow.amountsOut[i]);
            }
        }
        uint256 kept = flow.amountsIn[index] * (1e6 - VenueAtFixedRate(payable(hops[index].target)).feePpm());
        return (kept * reserveOut) / (reserveIn * 1e6 + kept);
    }

    function _reserves(address pair, address tokenIn) internal view returns (uint256 reserveIn, uint256 reserveOut) {
        (reserveIn, reserveOut) = VenueAtFixedRate(payable(pair)).getReserves();
        if (tokenIn != VenueAtFixedRate(payable(pair)).token0()) (reserveIn, reserveOut) = (reserveOut, reserveIn);
    }

    /// @dev Returns whether a hop goes straight through a pair.
    function _isPair(Hop memory hop) internal pure returns (bool) {
        if (hop.venue == uint8(Venue.Solidly)) return hop.data.length == 20;
        return hop.venue == uint8(Venue.UniswapV2) && hop.data.length == 23;
    }

    /// @dev Sets the rate of a target, which becomes a pool of these two tokens; of the venue, with the pool's rate. WOOFi's
    /// pattern names WETH as ether: the rate is the same.
    function _setRateE18(VenueAtFixedRate target, address tokenIn, address tokenOut, uint256 rateE18) internal {
        target.setRateE18(tokenIn, tokenOut, rateE18);
        target.setPair(tokenIn, tokenOut);
        if (address(target) == address(venue)) pools[tokenIn][tokenOut].setRateE18(tokenIn, tokenOut, rateE18);
        if (tokenIn == address(weth)) target.setRateE18(ETHER, tokenOut, rateE18);
        if (tokenOut == address(weth)) target.setRateE18(tokenIn, ETHER, rateE18);
    }

    /// @dev Returns what an order earns, or loses.
    function _profitOf(Loan memory loan, Hop[] memory hops) internal view returns (int256) {
        return int256(_flow(loan, hops).delivered) - int256(loan.amount) - int256(_feeOf(loan));
    }

    function _lenderOf(Loan memory loan) internal view returns (address) {
        if (loan.lender == uint8(Lender.AaveV3)) return address(aave);
        if (loan.lender == uint8(Lender.BalancerV2)) return address(balancer);
        if (loan.lender == uint8(Lender.MorphoBlue)) return morpho;
        return loan.lender == uint8(Lender.Operator) ? OPERATOR : address(flasher);
    }

    function _feeOf(Loan memory loan) internal pure returns (uint256) {
        // Aave rounds half up, Balancer up.
        if (loan.lender == uint8(Lender.AaveV3)) return (loan.amount * FEE_BPS + 5_000) / 10_000;
        if (loan.lender == uint8(Lender.BalancerV2)) return (loan.amount * FEE_BPS + 9_999) / 10_000;
        if (loan.lender == uint8(Lender.ConcentratedFlash)) return (loan.amount * FEE_BPS + 9_999) / 10_000;
        return loan.fee;
    }

    /// @dev A loan of any lender, in any token, of a size that no rate makes vanish.
    function _loan(Random memory random) internal returns (Loan memory) {
        return _loanOf(random, tokens[_draw(random, tokens.length)], 1e12 + _draw(random, 1e30));
    }

    /// @dev A loan of any lender. The pools that lend are one, of this token and another, in either order.
    function _loanOf(Random memory random, address token, uint256 amount) internal returns (Loan memory loan) {
        loan = Loan(uint8(_draw(random, LENDERS)), address(0), token, amount, 0);
        if (!_isPool(loan)) return loan;
        loan.source = address(flasher);
        address other = token;
        while (other == token) other = tokens[_draw(random, tokens.length)];
        bool isToken0 = _draw(random, 2) == 0;
        flasher.setPool(isToken0 ? token : other, isToken0 ? other : token, _draw(random, 12));
        // A pair takes its fee of what comes in, and does not say what it is.
        if (loan.lender == uint8(Lender.PairFlash)) {
            loan.fee = (amount * 10_000 + 10_000 - FEE_BPS - 1) / (10_000 - FEE_BPS) - amount;
        }
    }

    function _isPool(Loan memory loan) internal pure returns (bool) {
        return loan.lender > uint8(Lender.Operator) && loan.lender != uint8(Lender.BalancerV3);
    }

    /// @dev Makes a route that earns a tenth, or less by the fees of pairs: its last swap pays that, all others, between other
    /// tokens, pay one for one.
    function _earningRoute(Random memory random, Loan memory loan) internal returns (Hop[] memory hops) {
        hops = _route(random, loan);
        uint256 last = hops.length - 1;
        while (hops[last - 1].amountIn != 0) --last;
        address lastIn = _tokenIn(loan, hops, last);
        for (uint256 i = 0; i < last; ++i) {
            vm.assume(_tokenIn(loan, hops, i) != lastIn || hops[i].tokenOut != loan.token);
            // A pair has one price for both ways.
            vm.assume(_tokenIn(loan, hops, i) != loan.token || hops[i].tokenOut != lastIn || !_isPair(hops[i]));
        }
        _setRateE18(venue, lastIn, loan.token, 1.1e18);
    }

    /// @dev Camelot's router does not say what it paid.
    function _saysNothing(Hop memory hop) internal pure returns (bool) {
        return hop.venue == uint8(Venue.Solidly) && hop.data.length == 0;
    }

    /* EXECUTION */

    function _execute(
        Loan memory loan,
        Hop[] memory hops,
        uint256 minProfit
    ) internal returns (bool success, bytes memory answer) {
        bytes memory payload = abi.encodeCall(flash.execute, (bytes32("id"), loan, hops, minProfit, block.timestamp));
        vm.prank(OPERATOR);
        return address(flash).call(payload);
    }

    /// @dev Requires that an order reverts with exactly this error, and leaves everything as it was.
    function _requireRevert(Loan memory loan, Hop[] memory hops, bytes memory expected) internal {
        uint256 treasuryBefore = _balance(loan.token, TREASURY);
        (bool success, bytes memory answer) = _execute(loan, hops, 0);
        require(!success, "the order reverts");
        require(keccak256(answer) == keccak256(expected), "with the error that names the reason");
        require(_balance(loan.token, TREASURY) == treasuryBefore, "and the treasury is as it was");
        _requireNothingLeft();
    }

    /// @dev Requires that an order fails at a hop, because less of the loan arrived than it is to spend.
    function _requireShort(Loan memory loan, Hop[] memory hops) internal {
        uint256 treasuryBefore = _balance(loan.token, TREASURY);
        (bool success, bytes memory answer) = _execute(loan, hops, 0);
        require(!success, "the order reverts");
        require(_isShortOfInput(answer), "for want of the loan");
        require(_balance(loan.token, TREASURY) == treasuryBefore, "and the treasury is as it was");
        _requireNothingLeft();
    }

    /// @dev Who pulls says so as the venue's refusal, a token that is sent says so itself, WETH gives no reason; a share that
    /// is pulled leaves less than the other share needs.
    function _isShortOfInput(bytes memory answer) internal pure returns (bool) {
        return
            answer.length == 0 ||
            bytes4(answer) == IFlashArbitrage.HopFailed.selector ||
            bytes4(answer) == IFlashArbitrage.HopInputOverspent.selector ||
            bytes4(answer) == bytes4(keccak256("ERC20InsufficientBalance(address,uint256,uint256)"));
    }

    /// @dev Requires that an order succeeds, pays the treasury exactly `profit` and leaves nothing behind.
    function _requireProfit(Loan memory loan, Hop[] memory hops, uint256 profit) internal {
        uint256 treasuryBefore = _balance(loan.token, TREASURY);
        uint256 operatorBefore = _balance(loan.token, OPERATOR);
        (bool success, bytes memory answer) = _execute(loan, hops, profit);
        if (!success) {
            assembly ("memory-safe") {
                revert(add(answer, 0x20), mload(answer))
            }
        }
        require(abi.decode(answer, (uint256)) == profit, "returns the profit");
        require(_balance(loan.token, TREASURY) - treasuryBefore == profit, "pays the profit to the treasury");
        require(_balance(loan.token, OPERATOR) == operatorBefore, "leaves the operator's wallet as it was");
        _requireNothingLeft();
        _requireNothingPending();
        _requireUnannounced(address(flasher), flasher.lastPayload());
    }

    /// @dev Requires that an order earns exactly `profit`, or reverts with it where it is none.
    function _requireOutcome(Loan memory loan, Hop[] memory hops, int256 profit) internal {
        bytes4 insufficient = IFlashArbitrage.InsufficientProfit.selector;
        if (profit > 0) _requireProfit(loan, hops, uint256(profit));
        else _requireRevert(loan, hops, abi.encodeWithSelector(insufficient, profit, uint256(0)));
    }

    function _requireNothingLeft() internal view {
        require(address(flash).balance == 0, "holds no ether");
        for (uint256 i = 0; i < tokens.length; ++i) {
            require(_balance(tokens[i], address(flash)) == 0, "holds no token");
        }
        _requireNoAllowance();
    }

    function _requireNoAllowance() internal view {
        for (uint256 i = 0; i < tokens.length; ++i) {
            IERC20 token = IERC20(tokens[i]);
            for (uint256 j = 0; j < spenders.length; ++j) {
                require(token.allowance(address(flash), spenders[j]) == 0, "allows no venue anything");
            }
            require(token.allowance(address(flash), address(puller)) == 0, "allows the puller nothing");
            require(token.allowance(address(flash), address(aave)) == 0, "allows Aave nothing");
            require(token.allowance(address(flash), address(balancer)) == 0, "allows Balancer nothing");
            require(token.allowance(address(flash), morpho) == 0, "allows Morpho nothing");
        }
    }

    /// @dev Requires that the lenders' own callbacks, with the payload that they were last given, are refused.
    function _requireNothingPending() internal {
        _requireUnannounced(address(aave), aave.lastPayload());
        _requireUnannounced(address(balancer), balancer.lastPayload());
        _requireUnannounced(morpho, aave.lastPayload());
        _requireUnannounced(STRANGER, balancer.lastPayload());
    }

    function _requireUnannounced(address caller, bytes memory payload) internal {
        bytes memory refusal = abi.encodeWithSignature("UnannouncedCallback(address)", caller);
        bytes[] memory callbacks = _callbacks(tokens[0], 1, payload);
        for (uint256 i = 0; i < callbacks.length; ++i) {
            vm.prank(caller);
            (bool success, bytes memory answer) = address(flash).call(callbacks[i]);
            require(!success && keccak256(answer) == keccak256(refusal), "refuses a callback that nobody announced");
        }
    }

    /// @dev The callbacks of the lenders and of the pools of Uniswap V3 and Algebra.
    function _callbacks(
        address token,
        uint256 amount,
        bytes memory payload
    ) internal view returns (bytes[] memory callbacks) {
        address[] memory loaned = new address[](1);
        uint256[] memory amounts = new uint256[](1);
        loaned[0] = token;
        amounts[0] = amount;
        callbacks = new bytes[](18);
        callbacks[0] = abi.encodeWithSelector(
            Lending.executeOperation.selector,
            token,
            amount,
            0,
            address(flash),
            payload
        );
        callbacks[1] = abi.encodeWithSelector(
            Lending.receiveFlashLoan.selector,
            loaned,
            amounts,
            new uint256[](1),
            payload
        );
        callbacks[2] = abi.encodeWithSelector(Lending.onMorphoFlashLoan.selector, amount, payload);
        bytes4[4] memory names = _swapCallbacks();
        for (uint256 i = 0; i < 3; ++i) callbacks[3 + i] = abi.encodeWithSelector(names[i], amount, 0, payload);
        callbacks[17] = abi.encodeWithSelector(names[3], amount, 0, payload);
        callbacks[6] = abi.encodeCall(Lending.onBalancerV3Unlock, (payload));
        callbacks[7] = abi.encodeCall(Lending.uniswapV3FlashCallback, (amount, 0, payload));
        callbacks[8] = abi.encodeCall(Lending.pancakeV3FlashCallback, (amount, 0, payload));
        callbacks[9] = abi.encodeCall(Lending.ramsesV2FlashCallback, (amount, 0, payload));
        callbacks[10] = abi.encodeCall(Lending.algebraFlashCallback, (amount, 0, payload));
        callbacks[11] = abi.encodeCall(Lending.uniswapV2Call, (address(flash), amount, 0, payload));
        callbacks[12] = abi.encodeCall(Lending.pancakeCall, (address(flash), amount, 0, payload));
        callbacks[13] = abi.encodeCall(Lending.hook, (address(flash), amount, 0, payload));
        callbacks[14] = abi.encodeCall(Lending.DVMFlashLoanCall, (address(flash), amount, 0, payload));
        callbacks[15] = abi.encodeCall(Lending.DPPFlashLoanCall, (address(flash), amount, 0, payload));
        callbacks[16] = abi.encodeCall(Lending.DSPFlashLoanCall, (address(flash), amount, 0, payload));
    }

    function _swapCallbacks() internal pure returns (bytes4[4] memory) {
        return
            [
                ISwapPayer.uniswapV3SwapCallback.selector,
                ISwapPayer.pancakeV3SwapCallback.selector,
                ISwapPayer.ramsesV2SwapCallback.selector,
                ISwapPayer.algebraSwapCallback.selector
            ];
    }

    function _balance(address token, address account) internal view returns (uint256) {
        return IERC20(token).balanceOf(account);
    }

    /* RANDOM */

    /// @dev Returns a number below `limit`.
    function _draw(Random memory random, uint256 limit) internal pure returns (uint256) {
        random.state = uint256(keccak256(abi.encode(random.state)));
        return random.state % limit;
    }
}
